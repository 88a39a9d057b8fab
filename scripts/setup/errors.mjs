/** What the user has to know and can do something about: printed without a stack. */
export class SetupError extends Error {}
