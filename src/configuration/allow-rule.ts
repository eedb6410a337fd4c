/** Who may have a credential from a socket, or hand mail to it, by the word of the kernel. */
export interface AllowRule {
  users: string[]
  groups: string[]
}
