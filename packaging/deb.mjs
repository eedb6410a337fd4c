/**
 * `npm run deb`: a Debian package of what `npm run build` has made, in this folder. `-- --arch
 * arm64` makes one for another architecture. DEBFULLNAME and DEBEMAIL name the maintainer.
 */
import '../bin/require-node.js'

void import('./debian-package.mjs')
