/**
 * `npm run rpm`: an RPM of what `npm run build` has made, in this folder. `-- --arch aarch64` makes one for
 * another architecture. DEBFULLNAME and DEBEMAIL name the packager.
 */
import '../bin/require-node.js'

void import('./rpm-package.mjs')
