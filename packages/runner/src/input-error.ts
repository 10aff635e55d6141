/** Bad input or usage. The message is shown as it is, and nothing else. */
export class InputError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InputError';
  }
}
