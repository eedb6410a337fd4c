/** By what names programs call it. */
export const programNames = ['sendmail', 'mailq', 'newaliases'] as const
