/** As much of JSON Schema as the contract uses, to hold answers against it. Stricter: an object has only what is declared. */

export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
}

interface Place {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/** What does not fit, as `path: why`; nothing when it fits. */
export function matches(schema: Schema, value: unknown, document: Place, path = 'body'): string[] {
  if (schema.$ref !== undefined) {
    const named = document.components.schemas[schema.$ref.replace('#/components/schemas/', '')]
    return named ? matches(named, value, document, path) : [`${path}: ${schema.$ref} leads nowhere`]
  }
  if (schema.anyOf) {
    const tries = schema.anyOf.map((one) => matches(one, value, document, path))
    return tries.some((one) => one.length === 0)
      ? []
      : [`${path}: fits none of ${tries.length}: ${tries.flat()[0]}`]
  }
  if (schema.allOf) return schema.allOf.flatMap((one) => matches(one, value, document, path))
  if (schema.enum && !schema.enum.includes(value))
    return [`${path}: ${JSON.stringify(value)} is not in the list`]
  if (schema.const !== undefined && schema.const !== value) return [`${path}: is not ${schema.const}`]
  const types = schema.type === undefined ? [] : [schema.type].flat()
  if (types.length > 0 && !types.some((type) => isOfType(type, value))) {
    return [`${path}: ${JSON.stringify(value)} is no ${types.join(' or ')}`]
  }
  if (typeof value === 'string') return wrongText(schema, value, path)
  if (typeof value === 'number') return wrongNumber(schema, value, path)
  if (Array.isArray(value)) {
    const { items = {} } = schema
    return value.flatMap((one, index) => matches(items, one, document, `${path}.${index}`))
  }
  if (typeof value === 'object' && value !== null) return wrongObject(schema, value, document, path)
  return []
}

function wrongObject(schema: Schema, value: object, document: Place, path: string): string[] {
  const { properties, additionalProperties, required = [] } = schema
  const missing = required
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => `${path}.${name}: is missing`)
  const wrong = Object.entries(value).flatMap(([name, one]) => {
    const declared = properties?.[name]
    if (declared) return matches(declared, one, document, `${path}.${name}`)
    if (typeof additionalProperties === 'object')
      return matches(additionalProperties, one, document, `${path}.${name}`)
    return properties && additionalProperties !== true ? [`${path}.${name}: is not declared`] : []
  })
  return [...missing, ...wrong]
}

function wrongText(
  { pattern, minLength = 0, maxLength = Infinity }: Schema,
  value: string,
  path: string,
): string[] {
  if (value.length < minLength || value.length > maxLength) return [`${path}: has ${value.length} characters`]
  return pattern === undefined || new RegExp(pattern, 'u').test(value)
    ? []
    : [`${path}: ${value} does not fit ${pattern}`]
}

function wrongNumber(
  { minimum = -Infinity, maximum = Infinity }: Schema,
  value: number,
  path: string,
): string[] {
  return value >= minimum && value <= maximum ? [] : [`${path}: ${value} is out of bounds`]
}

function isOfType(type: string, value: unknown): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === type
}
