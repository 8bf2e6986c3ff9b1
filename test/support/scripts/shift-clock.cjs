/** Loaded before a program: its wall clock is off by CLOCK_SHIFT_MS, as that of a machine would be; nothing else is. */
const shift = Number(process.env.CLOCK_SHIFT_MS ?? 0)
const RealDate = Date
const now = () => RealDate.now() + shift

globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [now()] : given))
  }
  static now() {
    return now()
  }
}
