/** Input that the command refuses, as opposed to a fault of its own. */

/** Refused input: a file, an argument or a config. The command ends with exit code 2 and prints the message alone. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** @throws Refusal with this message. */
export function refuse(message: string, cause?: unknown): never {
  throw new Refusal(message, { cause });
}

/** The message of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
