// Makes proto/grpc/gen/ from proto/grpc/*.proto: a module per file, with its types. Encoders and
// decoders are protobufjs's static code; the types and the services' methods are written here: what
// is read has every field, and a oneof is a union that narrows.
// `npm run gen` writes them; the tidy test holds them to their source.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'
import pbjs from 'protobufjs-cli/pbjs.js'
import { descriptorFiles } from './gen-grpc-descriptors.ts'
import { typesOf } from './gen-grpc-types.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const protoDir = join(root, 'proto/grpc')

export interface GeneratedFile {
  readonly path: string
  readonly text: string
}

export async function grpcFiles(): Promise<GeneratedFile[]> {
  const names = readdirSync(protoDir).filter((name) => name.endsWith('.proto'))
  const made = names.toSorted().map((name) => moduleOf(basename(name, '.proto')))
  return [...(await Promise.all(made)).flat(), ...(await descriptorFiles())]
}

async function moduleOf(name: string): Promise<GeneratedFile[]> {
  const file = join(protoDir, `${name}.proto`)
  const schema = new protobuf.Root()
  await schema.load(file)
  schema.resolveAll()
  const { types, values } = typesOf(schema, name)
  const note = `// Made by \`npm run gen\` from proto/grpc/${name}.proto: change it there.\n`
  const path = (ending: string) => join(protoDir, 'gen', `${name}.${ending}`)
  return [
    { path: path('js'), text: `${note}${await codeOf(file, name)}\n${values}` },
    { path: path('d.ts'), text: `${note}${types}` },
  ]
}

const pbjsArgs = (
  '--target static-module --wrap esm --force-number --no-create --no-verify --no-convert ' +
  '--no-delimited --no-typeurl --no-service --no-comments'
).split(' ')

/** Each file has a root of its own: two of one package would replace each other's messages. */
async function codeOf(file: string, name: string): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), 'samsa-gen-'))
  try {
    const out = join(scratch, 'out.js')
    await new Promise<void>((resolve, reject) => {
      const args = [...pbjsArgs, '--root', `samsa/${name}`, '--out', out, file]
      pbjs.main(args, (error) => (error === null ? resolve() : reject(error)))
    })
    return withOwnRuntime(readFileSync(out, 'utf8'))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** The runtime is imported as it is set up in protobuf.ts; what is exported is added by us. */
function withOwnRuntime(code: string): string {
  const replaced = code
    .replace(/^\/\*eslint-disable.*\n/, '')
    .replace(
      'import $protobuf from "protobufjs/minimal.js";',
      "import { protobuf as $protobuf } from '../protobuf.ts'\nimport { defineMethod } from '../service.ts'",
    )
    .replace(/^export const (\w+ = \$root)/gm, 'const $1')
    .replace(/\nexport \{\s*\$root as default\s*\};?\n?/, '\n')
  if (/^export /m.test(replaced) || !replaced.includes('../protobuf.ts')) {
    throw new Error("protobufjs-cli's output is not what gen-grpc.ts knows how to change")
  }
  return replaced
}
