#!/usr/bin/env -S -u NODE_OPTIONS -u LD_PRELOAD -u LD_AUDIT -u LD_LIBRARY_PATH -u SSLKEYLOGFILE -u NODE_TLS_REJECT_UNAUTHORIZED -u NODE_DEBUG -u OPENSSL_CONF -u NODE_EXTRA_CA_CERTS CMS_OAUTH_EXTRA_CA=${NODE_EXTRA_CA_CERTS} node
'use strict'
require('./require-node.js')
const { setFlagsFromString } = require('node:v8')
// Before the heap grows: a burst of requests must not double the daemon's memory for good.
setFlagsFromString('--semi-space-growth-factor=1')
// The compilers' own code would stay in memory: a burst of requests lets the last one in again.
setFlagsFromString('--no-opt')
setFlagsFromString('--no-maglev')
require('../dist/cms-oauthd.cjs')
