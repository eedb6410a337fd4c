/** True in a desktop session, of X11 or of Wayland: there windows can be shown. */
export function hasDesktop({ DISPLAY: x11, WAYLAND_DISPLAY: wayland }: NodeJS.ProcessEnv): boolean {
  return [x11, wayland].some((display = '') => display !== '')
}
