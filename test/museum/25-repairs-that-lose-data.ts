// Data was moved without a migration; half of the users had the update, and both ways to repair it lost data of some.
// When: December 2019.
// Source: Chromium, issue of WebView 79's data directory; ZDNet's report of it.
import { aRack, aRegistry } from '../support/builders.ts'
import { type Exhibit, happened } from './exhibit.ts'

export const repairsThatLoseData: Exhibit = {
  id: '25-repairs-that-lose-data',
  title: 'Chrome 79 WebView: repairs that lose data',
  when: '2019-12',
  sources: ['Chromium issue on WebView 79', 'ZDNet, December 2019'],
  happened:
    'A version looked for the data of apps in another place and did not bring it along, so apps had lost theirs. It was halted at about half of the devices; going back would have lost what was written since, going on as it was what had been there before.',
  mechanism: 'the way back is offered as if every version could be left backwards',
  uncertain: 'the share is from reports',
  peer: {
    name: 'a rollback button',
    rule: 'device.version = previous; whatever has been written since',
    incident() {
      const devices = [
        { version: 79, written: { at78: 'old notes', at79: 'new notes' } },
        { version: 79, written: { at78: 'old notes', at79: 'more notes' } },
      ].map((device) => ({ ...device, version: 78 }))
      const lost = devices.filter(({ version, written }) => version === 78 && written.at79 !== '').length
      return happened(lost === 2, `${lost} of 2 devices no longer had what was written since the update`)
    },
  },
  answer:
    'A release has a floor: the oldest version that one may go back to from it. It can be set afterwards, when it is found out, and from then on a remedy backwards is not answered to anybody on it: they wait for a way, with the floor named, and go forward to the release that migrates.',
  heldBy: ['shared/domain/path.ts', 'shared/domain/admission.ts', 'shared/domain/claims.ts'],
  processes: {
    file: 'test/cli/agent/rollback.test.ts',
    test: 'what lies below the highest floor that it would cross',
  },
  holds(witness) {
    const registry = aRegistry().withApp('webview').serves('78', '79')
    const proved = ['79', '78'].map((version) => ({ version, at: registry.now, parametersHold: true }))
    const device = aRack({ current: '79', proved })
    registry
      .routes('79', { floor: '79' })
      .yanks('79', { severity: 'critical', reason: 'it leaves data behind' })
    const told = device.asks(registry)
    witness.told(told, 'wait: remedy_unreachable')
    witness.is(
      `with the floor: ${told.detail}`,
      /79 goes back to 79 at the oldest, not to 78/.test(told.detail),
    )
    witness.answered(told.advisories.map(({ id }) => id).join(), 'ADV-1')
    // A pin is no way round it, and somebody who is not there yet never comes there.
    const pins = [{ version: '78', owner: 'ops', reason: 'back', origin: 'rack' }] as const
    witness.told(aRack({ current: '78' }).asks(registry), 'none: up_to_date')
    const unyanked = aRegistry().withApp('webview').serves('78', '79').routes('79', { floor: '79' })
    witness.told(aRack({ current: '79', pins }).asks(unyanked), 'wait: below_floor')

    // Forward is the way that is left: the release that brings both along.
    registry.publishes('80').promotes('80')
    witness.told(device.asks(registry), 'update 80: offered')
  },
}
