#!/bin/sh
# defragment.sh: gives the space back to the disk that compaction freed; weekly, by cron or a timer, on one machine. One node after the
# other: a node answers nobody while it is defragmented. etcdctl takes way and user from ETCDCTL_ENDPOINTS, ETCDCTL_CACERT, ETCDCTL_CERT,
# ETCDCTL_KEY and ETCDCTL_USER.
set -eu
export ETCDCTL_API=3
endpoints=$ETCDCTL_ENDPOINTS
for endpoint in $(echo "$endpoints" | tr , ' '); do
  # All must be well before one is taken away for a moment.
  ETCDCTL_ENDPOINTS=$endpoints etcdctl endpoint health
  ETCDCTL_ENDPOINTS=$endpoint etcdctl --command-timeout=60s defrag
done
