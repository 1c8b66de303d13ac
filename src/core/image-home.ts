// Where hurricane is in an image.

/** The path of its loader stands in the executable: anywhere else it does not start. */
export const IMAGE_HOME = '/opt/hurricane';
