#!/usr/bin/env -S -u NODE_EXTRA_CA_CERTS CMS_OAUTH_EXTRA_CA=${NODE_EXTRA_CA_CERTS} node
'use strict'
require('./require-node.js')
require('../dist/cms-oauth.cjs')
