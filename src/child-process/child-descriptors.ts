/** What the descriptors of a child are: behind the standard streams its channel, and then those that it inherits. */

/** The child's end of its channel. */
export const channelDescriptor = 3

/** The child's own descriptor for the one at this place of ChildProgram.descriptors. */
export function inheritedDescriptor(place: number): number {
  return channelDescriptor + 1 + place
}

/** The place in ChildProgram.descriptors of what the child calls by this descriptor. */
export function placeOfDescriptor(descriptor: number): number {
  return descriptor - channelDescriptor - 1
}
