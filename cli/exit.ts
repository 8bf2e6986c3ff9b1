/** An end with an exit code that is an answer and not an error: `check --exit-code`, an import with refused rows. */

export class Exit extends Error {
  readonly code: number

  constructor(code: number) {
    super(`exit ${code}`)
    this.name = 'Exit'
    this.code = code
  }
}
