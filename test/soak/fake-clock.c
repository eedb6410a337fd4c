/* Before libfaketime in /etc/ld.so.preload: the daemon passes to its children no variable that it does not know. */
#include <stdlib.h>

__attribute__((constructor)) static void tell_libfaketime(void) {
  setenv("FAKETIME_TIMESTAMP_FILE", "/etc/cms-oauth-wall-clock", 1);
  setenv("FAKETIME_NO_CACHE", "1", 1);
  setenv("DONT_FAKE_MONOTONIC", "1", 1);
}
