#!/bin/sh
# Lays a package, unpacked below /opt, over the system: run as the first process of namespaces of its own
# (mounts, pids, host name). Ends, and with it all that runs in them, when its input ends.
set -e
package=$1 scratch=$2
mount -t tmpfs tmpfs "$scratch"
for folder in etc usr var; do
  mkdir "$scratch/$folder" "$scratch/$folder.work"
  lower=/opt/$package/$folder:/$folder
  [ -d "/opt/$package/$folder" ] || lower=/$folder
  mount -t overlay overlay -o "lowerdir=$lower,upperdir=$scratch/$folder,workdir=$scratch/$folder.work" "/$folder"
done
hostname machine.example.org
echo '127.0.0.1 localhost machine.example.org machine' > /etc/hosts
mkdir "$scratch/dev"
for node in null zero random urandom; do
  touch "$scratch/dev/$node"
  mount --bind "/dev/$node" "$scratch/dev/$node"
done
mount --rbind "$scratch/dev" /dev
nc -kluU /dev/log > /var/log/programs &
until [ -S /dev/log ]; do sleep 0.01; done
chmod 0666 /dev/log
echo ready
exec cat
