/** The platform of this machine, as artifacts name it: `linux/amd64`. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm: 'arm/v7', ia32: '386' }

export function platformOf(system: string, architecture: string): string {
  return `${system}/${architectures[architecture] ?? architecture}`
}
