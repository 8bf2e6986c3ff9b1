/** The verbs of the registry: noun and verb, and a few that are short because they are said in a hurry. */
import type { VerbEntry } from './verb-entry.ts'

export const registryVerbs: readonly VerbEntry[] = [
  {
    path: 'release publish',
    group: 'releases',
    summary: 'publish a release, with or without artifacts',
    load: async () => (await import('./commands/release/publish.ts')).publishCommand,
  },
  {
    path: 'release list',
    group: 'releases',
    summary: 'list the releases of an app, newest first',
    load: async () => (await import('./commands/release/list.ts')).releaseListCommand,
  },
  {
    path: 'release show',
    group: 'releases',
    summary: 'show a release: what is in it, what racks proved, where it could go',
    load: async () => (await import('./commands/release/show.ts')).releaseShowCommand,
  },
  {
    path: 'release diff',
    group: 'releases',
    summary: 'show what changes in the parameters from one release to another',
    load: async () => (await import('./commands/release/diff.ts')).releaseDiffCommand,
  },
  {
    path: 'release route',
    group: 'releases',
    summary: 'set the routing facts of a release: required, floor, what it may follow',
    load: async () => (await import('./commands/release/route.ts')).releaseRouteCommand,
  },
  {
    path: 'release yank',
    group: 'releases',
    summary: 'withdraw releases, and tell the racks on them what to do',
    load: async () => (await import('./commands/release/yank.ts')).releaseYankCommand,
  },
  {
    path: 'promote',
    group: 'releases',
    summary: 'move a channel forward to a release that its gates admit',
    load: async () => (await import('./commands/promote.ts')).promoteCommand,
  },
  {
    path: 'channel list',
    group: 'releases',
    summary: 'list the channels of an app and what they serve',
    load: async () => (await import('./commands/channel/list.ts')).channelListCommand,
  },
  {
    path: 'channel show',
    group: 'releases',
    summary: 'show a channel: head, feeder, policy, racks',
    load: async () => (await import('./commands/channel/show.ts')).channelShowCommand,
  },
  {
    path: 'channel create',
    group: 'releases',
    summary: 'create a channel',
    load: async () => (await import('./commands/channel/create.ts')).channelCreateCommand,
  },
  {
    path: 'channel history',
    group: 'releases',
    summary: 'show how a channel came to its head',
    load: async () => (await import('./commands/channel/history.ts')).channelHistoryCommand,
  },
  {
    path: 'channel revert',
    group: 'releases',
    summary: 'move a channel back, on the record',
    load: async () => (await import('./commands/channel/revert.ts')).channelRevertCommand,
  },
  {
    path: 'freeze',
    group: 'releases',
    summary: 'let nobody move forward: on a channel, an app or the whole registry',
    load: async () => (await import('./commands/freeze.ts')).freezeCommand,
  },
  {
    path: 'unfreeze',
    group: 'releases',
    summary: 'lift a freeze',
    load: async () => (await import('./commands/unfreeze.ts')).unfreezeCommand,
  },
  {
    path: 'advisory list',
    group: 'releases',
    summary: 'list the advisories of an app',
    load: async () => (await import('./commands/advisory/list.ts')).advisoryListCommand,
  },
  {
    path: 'advisory show',
    group: 'releases',
    summary: 'show an advisory: what is withdrawn, which racks are on it, which have left it',
    load: async () => (await import('./commands/advisory/show.ts')).advisoryShowCommand,
  },

  {
    path: 'rack list',
    group: 'fleet',
    summary: 'list the racks of an app',
    load: async () => (await import('./commands/rack/list.ts')).rackListCommand,
  },
  {
    path: 'rack show',
    group: 'fleet',
    summary: 'show a rack: what it runs, its orders, its attempts',
    load: async () => (await import('./commands/rack/show.ts')).rackShowCommand,
  },
  {
    path: 'rack forget',
    group: 'fleet',
    summary: 'forget a rack that is gone; its token stops working',
    load: async () => (await import('./commands/rack/forget.ts')).rackForgetCommand,
  },

  {
    path: 'serve',
    group: 'registry',
    summary: 'run a registry; an empty folder is made ready',
    load: async () => (await import('./commands/serve.ts')).serveCommand,
  },
  {
    path: 'app create',
    group: 'registry',
    summary: 'create an app with the channels unstable and stable',
    load: async () => (await import('./commands/app/create.ts')).appCreateCommand,
  },
  {
    path: 'app list',
    group: 'registry',
    summary: 'list the apps and what their channels serve',
    load: async () => (await import('./commands/app/list.ts')).appListCommand,
  },
  {
    path: 'import',
    group: 'registry',
    summary: 'take over the releases of another system',
    load: async () => (await import('./commands/import.ts')).importCommand,
  },
  {
    path: 'token create',
    group: 'registry',
    summary: 'make a token with a role and an end',
    load: async () => (await import('./commands/token/create.ts')).tokenCreateCommand,
  },
  {
    path: 'token list',
    group: 'registry',
    summary: 'list the tokens, never their secrets',
    load: async () => (await import('./commands/token/list.ts')).tokenListCommand,
  },
  {
    path: 'token revoke',
    group: 'registry',
    summary: 'end a token at once',
    load: async () => (await import('./commands/token/revoke.ts')).tokenRevokeCommand,
  },
  {
    path: 'audit log',
    group: 'registry',
    summary: 'show who changed what, and why',
    load: async () => (await import('./commands/audit/log.ts')).auditLogCommand,
  },
  {
    path: 'audit verify',
    group: 'registry',
    summary: 'prove that no event of the ledger was altered',
    load: async () => (await import('./commands/audit/verify.ts')).auditVerifyCommand,
  },
]
