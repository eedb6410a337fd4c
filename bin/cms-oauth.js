#!/usr/bin/env -S -u NODE_EXTRA_CA_CERTS CMS_OAUTH_EXTRA_CA=${NODE_EXTRA_CA_CERTS} node
'use strict'
require('./require-node.js')
const { basename } = require('node:path')
const names = ['sendmail', 'mailq', 'newaliases']
const [, script, word] = process.argv
const isSendmail = names.includes(basename(script)) || names.includes(word)
require(isSendmail ? '../dist/cms-oauth-sendmail.cjs' : '../dist/cms-oauth.cjs')
