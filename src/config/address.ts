/** A mailbox address as it stands in requests: printable ASCII with "@" inside, and no space. */
export const addressPattern = /^[\x21-\x7e]+@[\x21-\x7e]+$/
