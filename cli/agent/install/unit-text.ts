/**
 * The text of the systemd units. Everything a hook, a check or a platform's CLI could need is left open on purpose, and
 * the rest is closed; what each line is for, and what `privilegedHooks` gives back, is in docs/agent.md.
 */
import { Problem } from '../../../shared/domain/problem.ts'
import type { RackConfig } from '../rack-config.ts'

export type UnitVariant = 'service' | 'timer'

export interface UnitPlan {
  /** Without ending: "headgate-agent". */
  readonly name: string
  readonly variant: UnitVariant
  /** For the user's own service manager, which cannot do all of it. */
  readonly isOfUser: boolean
  readonly dir: string
  readonly config: RackConfig
  readonly program: { readonly node: string; readonly file: string }
  readonly runAs: string | undefined
  readonly readWrite: readonly string[]
  readonly hasPrivilegedHooks: boolean
  /** Timer: from the end of one round to the next. */
  readonly everyMinutes: number
}

export interface UnitFile {
  readonly name: string
  readonly text: string
}

/** The line by which a unit is known to be ours, and whose. */
export function markerOf(dir: string): string {
  return `# headgate-unit: ${dir}`
}

export function unitFiles(plan: UnitPlan): readonly UnitFile[] {
  for (const path of [plan.dir, plan.program.node, plan.program.file, ...plan.readWrite]) requirePlain(path)
  const service = { name: `${plan.name}.service`, text: linesOf(serviceLines(plan)) }
  return plan.variant === 'service'
    ? [service]
    : [service, { name: `${plan.name}.timer`, text: linesOf(timerLines(plan)) }]
}

/** What systemd would split, expand or take for an option in one of the places where the path stands. */
export function requirePlain(path: string): void {
  if (/^\/[A-Za-z0-9/._@+-]*$/.test(path)) return
  throw new Problem(
    'invalid_input',
    `A unit cannot name ${path}: letters, digits, "/", ".", "_", "@", "+" and "-" only.`,
    {
      hint: 'move it, or make a link to it whose path has none of the others',
    },
  )
}

function headLines({ dir, config }: UnitPlan, what: string): string[] {
  const { name, app } = config.rack
  return [
    '# Written by `headgate agent install`, which writes it anew; `headgate agent uninstall` removes it.',
    '# What an operator adds belongs into a drop-in: systemctl edit.',
    markerOf(dir),
    '[Unit]',
    `Description=Headgate ${what} of the rack ${name} of ${app}`,
  ]
}

function serviceLines(plan: UnitPlan): string[] {
  const { dir, program, variant, config, isOfUser, runAs } = plan
  const isTimer = variant === 'timer'
  const verb = isTimer ? 'once --quiet' : config.agent ? 'supervise' : 'run'
  return [
    ...headLines(plan, isTimer ? 'round' : 'agent'),
    ...(isOfUser ? [] : ['Wants=network-online.target', 'After=network-online.target']),
    `ConditionPathExists=${dir}/rack.toml`,
    // An agent that cannot start for an hour must still start in the next.
    ...(isTimer ? [] : ['StartLimitIntervalSec=0']),
    '',
    '[Service]',
    // Readiness by sd_notify is a datagram on a UNIX socket, which Node has not: `exec` is what can be said truly.
    `Type=${isTimer ? 'oneshot' : 'exec'}`,
    `ExecStart=${program.node} ${program.file} agent ${verb} --dir ${dir}`,
    `WorkingDirectory=${dir}`,
    ...(runAs === undefined ? [] : [`User=${runAs}`]),
    ...(isOfUser ? [] : [`LoadCredential=rack.token:${dir}/rack.token`]),
    // Another run holds the lock: the next round is early enough.
    ...(isTimer ? ['SuccessExitStatus=75'] : ['Restart=on-failure', 'RestartSec=5']),
    '# The agent alone is told to stop, and ends after the round under way.',
    ...killMode(config),
    `TimeoutStopSec=${stopSeconds(config)}`,
    '',
    ...(isOfUser ? userSandbox : sandbox(plan)),
    ...(isTimer ? [] : ['', '[Install]', `WantedBy=${isOfUser ? 'default.target' : 'multi-user.target'}`]),
  ]
}

function timerLines(plan: UnitPlan): string[] {
  return [
    ...headLines(plan, 'rounds'),
    '',
    '[Timer]',
    'OnBootSec=1min',
    `OnUnitInactiveSec=${plan.everyMinutes}min`,
    '# Each rack has a place of its own in the interval, and keeps it.',
    `RandomizedDelaySec=${plan.everyMinutes}min`,
    'FixedRandomDelay=yes',
    '',
    '[Install]',
    'WantedBy=timers.target',
  ]
}

const longestStopSeconds = 6 * 3_600

/**
 * What an attempt has started may outlive the agent where the platform takes harm from a command that dies half way
 * (`leftoverPatienceMs` of its driver): Terraform, with its state locked. The next agent waits for it.
 */
function killMode({ driver }: RackConfig): readonly string[] {
  if (driver.kind !== 'convox') return ['KillMode=mixed']
  return [
    '# What convox has begun goes on, even after an agent that was killed; the next one waits for it.',
    'KillMode=process',
  ]
}

/** As long as an attempt may take: the driver's commands and settling, there and back. */
function stopSeconds({ driver, settle }: RackConfig): number {
  const oneWay = commandSeconds(driver) + settle.timeoutSeconds
  return Math.min(longestStopSeconds, Math.ceil(2 * oneWay + 30))
}

function commandSeconds(driver: RackConfig['driver']): number {
  switch (driver.kind) {
    case 'directory':
      return Math.max(1, Object.keys(driver.hooks).length) * driver.hookTimeoutSeconds
    case 'command':
      return driver.timeoutSeconds
    case 'convox':
      return (driver.waitMinutes + driver.timeoutMinutes) * 60
    case 'rolling':
      // How many hosts there will be, nobody knows here.
      return longestStopSeconds
  }
}

/** A user's manager has no privileges to take away, and mounts nothing for its services without more of them. */
const userSandbox = [
  'NoNewPrivileges=yes',
  'LockPersonality=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'SystemCallArchitectures=native',
]

function sandbox({ dir, readWrite, hasPrivilegedHooks }: UnitPlan): string[] {
  const always = [
    'ProtectSystem=strict',
    `ReadWritePaths=${[dir, ...readWrite].join(' ')}`,
    'ProtectHome=read-only',
    'PrivateTmp=yes',
    'KeyringMode=private',
    'LockPersonality=yes',
    'ProtectClock=yes',
    'ProtectHostname=yes',
    'ProtectKernelLogs=yes',
    'RestrictRealtime=yes',
    'SystemCallArchitectures=native',
  ]
  if (hasPrivilegedHooks) {
    return ['# With --privileged-hooks: hooks keep the privileges of the user that they run as.', ...always]
  }
  return [
    ...always,
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'AmbientCapabilities=',
    'PrivateDevices=yes',
    'ProtectControlGroups=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelTunables=yes',
    'RemoveIPC=yes',
    'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
    'RestrictNamespaces=yes',
    'RestrictSUIDSGID=yes',
    'SystemCallErrorNumber=EPERM',
    'SystemCallFilter=@system-service',
    'SystemCallFilter=~@privileged',
    '# MemoryDenyWriteExecute is missing: the JIT compiler of Node needs such memory.',
  ]
}

export function linesOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}
