/** `npm run build`: what bundles may use the syntax of today, and is read only by a Node that has it. */
import './bin/require-node.js'

void import('./bundle.mjs')
