import { libc } from './libc.ts'

const getxattr = libc.func(
  'intptr_t getxattr(const char *path, const char *name, void *value, size_t size)',
)

/**
 * True if an ACL gives rights to further users and groups (acl(5)). The group bits of the mode are
 * then the upper limit for all of them, and say nothing about the group.
 */
export function hasAccessControlList(path: string): boolean {
  return (getxattr(path, 'system.posix_acl_access', null, 0) as number) > 0
}
