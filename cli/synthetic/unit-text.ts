/** The systemd units of rehearsals: a service that is one run, and the timer that starts it and promises the next. */
import { linesOf, markerOf, requirePlain, type UnitFile } from '../agent/install/unit-text.ts'

export interface SyntheticUnitPlan {
  /** Without ending: "headgate-synthetic". */
  readonly name: string
  readonly app: string
  readonly dir: string
  readonly dataDir: string | undefined
  readonly url: string
  readonly tokenFile: string
  readonly everySeconds: number
  readonly runAs: string | undefined
  readonly isOfUser: boolean
  readonly program: { readonly node: string; readonly file: string }
}

export function syntheticUnits(plan: SyntheticUnitPlan): readonly UnitFile[] {
  const { name, dir, dataDir, program, tokenFile } = plan
  for (const path of [dir, dataDir ?? '/', program.node, program.file, tokenFile]) requirePlain(path)
  return [
    { name: `${name}.service`, text: linesOf(serviceLines(plan)) },
    { name: `${name}.timer`, text: linesOf(timerLines(plan)) },
  ]
}

function headLines({ dir, app }: SyntheticUnitPlan, what: string): string[] {
  return [
    '# Written by `headgate synthetic install`, which writes it anew; `headgate synthetic uninstall` removes it.',
    markerOf(dir),
    '[Unit]',
    `Description=Headgate ${what} in ${app}`,
  ]
}

function serviceLines(plan: SyntheticUnitPlan): string[] {
  const { program, app, dir, dataDir, url, tokenFile, everySeconds, runAs, isOfUser } = plan
  const disk = dataDir === undefined ? '' : ` --data ${dataDir}`
  const where = `--url ${url} --token-file ${tokenFile}`
  const run = `synthetic run --app ${app} --dir ${dir}${disk} ${where} --next-within ${everySeconds}s`
  return [
    ...headLines(plan, 'rehearsal'),
    ...(isOfUser ? [] : ['Wants=network-online.target', 'After=network-online.target']),
    '',
    '[Service]',
    'Type=oneshot',
    `ExecStart=${program.node} ${program.file} ${run}`,
    ...(runAs === undefined ? [] : [`User=${runAs}`]),
    ...stateDirectory(plan),
    '# A run that is told to stop clears away what it has set up.',
    'KillMode=mixed',
    'TimeoutStopSec=90',
    'NoNewPrivileges=yes',
    'LockPersonality=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    ...(isOfUser
      ? []
      : [
          'PrivateTmp=yes',
          'ProtectSystem=strict',
          `ReadWritePaths=${[dir, ...(dataDir === undefined ? [] : [`${dataDir}/break-glass`])].join(' ')}`,
          'ProtectHome=read-only',
          'CapabilityBoundingSet=',
        ]),
  ]
}

/** Below /var/lib systemd makes the directory, and gives it to the user that the run is. */
function stateDirectory({ dir, isOfUser }: SyntheticUnitPlan): readonly string[] {
  const [, name] = /^\/var\/lib\/([A-Za-z0-9._-]+)$/.exec(dir) ?? []
  return isOfUser || name === undefined ? [] : [`StateDirectory=${name}`]
}

function timerLines(plan: SyntheticUnitPlan): string[] {
  return [
    ...headLines(plan, 'rehearsals'),
    '',
    '[Timer]',
    'OnBootSec=10min',
    `OnUnitInactiveSec=${plan.everySeconds}s`,
    '# Less than the registry waits for a run that is late.',
    `RandomizedDelaySec=${Math.floor(plan.everySeconds / 10)}s`,
    '',
    '[Install]',
    'WantedBy=timers.target',
  ]
}
