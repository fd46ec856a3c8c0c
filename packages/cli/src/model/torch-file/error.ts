/** What is wrong with a PyTorch file, where it is known without its name: who opened the file puts that in front. */
export class TorchFileError extends Error {
  override readonly name: string = 'TorchFileError';
}

/** The bytes end before the pickle does. */
export class CutShortError extends TorchFileError {
  override readonly name = 'CutShortError';
}

/** @throws TorchFileError with this message. */
export function fail(message: string, cause?: unknown): never {
  throw new TorchFileError(message, { cause });
}
