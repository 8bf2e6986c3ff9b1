/** A rack of the command driver whose platform is a file: what is configured there, and what a hand changes in it. */
import { aYard, commandToml, type Yard, type YardRack } from './campaign-yard.ts'

export type Platform = Readonly<
  Record<string, string | number | boolean | null | { value: string; masked: boolean }>
>

export interface ConfiguredRack extends YardRack {
  readonly yard: Yard
  /** Somebody changes these on the platform, by hand; `undefined` takes one away. */
  configures(changes: Readonly<Record<string, Platform[string] | undefined>>): void
  platform(): Platform
}

export const parametersToml = commandToml.replace(
  'emptyMeansNothing = true',
  'emptyMeansNothing = true\nparameters = ["cat", "platform.json"]',
)

/** A secret that no file of Headgate, no report and no output may ever hold. */
export const secret = 'correct-horse-battery-staple'

const usual: Platform = {
  InstanceType: 't2.small',
  CertificateArn: 'arn:aws:acm:certificate/1111',
  Token: secret,
  Password: '****',
}

/** To be called inside a test. It has proved `10`. */
export async function aConfiguredRack(
  toml: string = parametersToml,
  present: Platform = usual,
): Promise<ConfiguredRack> {
  const yard = await aYard()
  const rack = await yard.rack('prod-1', { driver: 'command', toml })
  const platform = (): Platform => JSON.parse(rack.read('platform.json') ?? '{}')
  const write = (parameters: Platform) => rack.write('platform.json', JSON.stringify(parameters))
  write(present)
  await yard.serves('10')
  await rack.does('update', '--yes')
  return {
    ...rack,
    yard,
    platform,
    configures(changes) {
      const next = Object.entries({ ...platform(), ...changes }).filter(([, value]) => value !== undefined)
      write(Object.fromEntries(next) as Platform)
    },
  }
}
