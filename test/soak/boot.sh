# Boots systemd on a copy of this machine's own files, in namespaces of its own, with the programs of a
# repository installed if one is named: boot.sh ROOM [REPOSITORY]. With CMS_OAUTH_SYSTEMD=DIRECTORY it is
# the systemd whose packages were unpacked there.
# The kernel's settings cannot be written in there.
set -e
room=$1 repository=${2:-}
install_programs() {
  mkdir -p usr/local/lib/cms-oauth/node_modules etc/cms-oauth
  cp -a "$repository/bin" "$repository/dist" "$repository/package.json" usr/local/lib/cms-oauth
  cp -a "$repository/node_modules/koffi" usr/local/lib/cms-oauth/node_modules
  [ ! -d "$repository/node_modules/@koromix" ] || cp -a "$repository/node_modules/@koromix" usr/local/lib/cms-oauth/node_modules
  ln -s ../lib/cms-oauth/bin/cms-oauthd.js usr/local/bin/cms-oauthd
  ln -s ../lib/cms-oauth/bin/cms-oauth.js usr/local/bin/cms-oauth
  cp "$repository"/systemd/cms-oauthd.service "$repository"/systemd/*.socket etc/systemd/system
  cat > etc/cms-oauth/config.toml << 'TOML'
[[account]]
user = "user@example.com"
provider = "office365"
client_id = "id"
TOML
  chroot . useradd --system --user-group --shell /usr/sbin/nologin cms-oauth
}
mount --make-rprivate /
mount -t tmpfs -o mode=755 soak "$room"
mkdir "$room/upper" "$room/work" "$room/root"
mount -t overlay -o "lowerdir=/,upperdir=$room/upper,workdir=$room/work" soak "$room/root"
cd "$room/root"
# /lib is a link here, and a folder in packages that were unpacked.
[ -z "${CMS_OAUTH_SYSTEMD:-}" ] || tar -C "$CMS_OAUTH_SYSTEMD" -c . | tar -x --keep-directory-symlink
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/shm
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
ln -s pts/ptmx dev/ptmx
for unit in systemd-sysctl.service systemd-modules-load.service systemd-udevd.service \
  systemd-udev-trigger.service systemd-binfmt.service systemd-journald.service; do
  ln -sf /dev/null "etc/systemd/system/$unit"
done
printf '[Unit]\nWants=cms-oauthd.socket\n' > etc/systemd/system/soak.target
[ -z "$repository" ] || install_programs
mkdir -p mnt/old
pivot_root . mnt/old
cd /
umount -l /mnt/old
mount --make-rshared /
exec env -i container=soak PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --unit=soak.target --log-target=null
