#!/bin/sh
# users.sh: the roles and users of a fleet, once, when the nodes run. EDIT the passwords; they go into the
# credentials of the hosts. etcdctl takes the way from ETCDCTL_ENDPOINTS, ETCDCTL_CACERT, ETCDCTL_CERT, ETCDCTL_KEY.
set -eu
export ETCDCTL_API=3
# "prefix" of [store]: hosts with the same one share their sign-ins.
prefix=/cms-oauth/v1/

etcdctl user add root:ROOT-PASSWORD
etcdctl user grant-role root root

# Hosts with role = "renew" read and write all below the prefix, and nothing else.
etcdctl role add cms-oauth-renew
etcdctl role grant-permission --prefix=true cms-oauth-renew readwrite "$prefix"
etcdctl user add relay1:RELAY1-PASSWORD
etcdctl user grant-role relay1 cms-oauth-renew
etcdctl user add relay2:RELAY2-PASSWORD
etcdctl user grant-role relay2 cms-oauth-renew

# Hosts with role = "serve" read the tokens, and can neither read a sign-in nor write anything.
etcdctl role add cms-oauth-serve
etcdctl role grant-permission cms-oauth-serve read "${prefix}meta"
etcdctl role grant-permission --prefix=true cms-oauth-serve read "${prefix}token/"
etcdctl user add shell1:SHELL1-PASSWORD
etcdctl user grant-role shell1 cms-oauth-serve

# From now on nothing is allowed that is not granted.
etcdctl auth enable
