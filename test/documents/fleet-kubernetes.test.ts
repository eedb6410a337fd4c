/** examples/fleet/kubernetes.yaml: what it mounts is what the configuration that it describes names. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { loadText } from '../configuration-file/load-text.ts'
import { root } from './documents.ts'

interface StatefulSet {
  kind: string
  spec: {
    selector: { matchLabels: Record<string, string> }
    template: {
      metadata: { labels: Record<string, string> }
      spec: {
        containers: { volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[] }[]
        volumes: { name: string; secret?: { secretName: string } }[]
      }
    }
    volumeClaimTemplates: { metadata: { name: string } }[]
  }
}

const folder = join(root, 'examples', 'fleet')
const text = readFileSync(join(folder, 'kubernetes.yaml'), 'utf8')
const { kind, spec } = parse(text) as StatefulSet
const { template, selector, volumeClaimTemplates } = spec
const mounts = template.spec.containers.flatMap(({ volumeMounts }) => volumeMounts)

/** renew.toml with the lines of the comment, each in place of the one that it names, or of its own key. */
function configurationOfAPod(): string {
  const lines = text.matchAll(/^# {3}((\w+) = "[^"\n]+")(?: +in place of (\w+))?/gm)
  return Array.from(lines).reduce(
    (toml, [, line = '', key = '', replaced = key]) => {
      const found = new RegExp(`^${replaced} = .*$`, 'm')
      assert.match(toml, found)
      return toml.replace(found, line)
    },
    readFileSync(join(folder, 'renew.toml'), 'utf8'),
  )
}

test('a pod mounts every volume that it has, and its set finds its pods', () => {
  assert.equal(kind, 'StatefulSet')
  const volumes = [
    ...template.spec.volumes.map(({ name }) => name),
    ...volumeClaimTemplates.map(({ metadata }) => metadata.name),
  ]
  assert.deepEqual(new Set(mounts.map(({ name }) => name)), new Set(volumes))
  assert.deepEqual(selector.matchLabels, template.metadata.labels)
})

test('the secret has the files that the configuration names, where it looks for them', () => {
  const [, secret = ''] = /^# kubectl create secret generic (\S+)/m.exec(text) ?? []
  const volume = template.spec.volumes.find((one) => one.secret?.secretName === secret)
  const mount = mounts.find(({ name }) => name === volume?.name)
  assert.equal(mount?.readOnly, true)
  const files = Array.from(text.matchAll(/--from-file=(\S+)/g), ([, name]) => name)
  const toml = configurationOfAPod()
  const { store } = loadText(toml.replace(/0{8}(-0{4}){3}-0{12}/, crypto.randomUUID()))
  assert.ok(store.kind === 'etcd' && store.role === 'renew')
  const paths = Array.from(toml.matchAll(/^\w+_file = "(.+)"/gm), ([, path = '']) => path)
  assert.deepEqual(new Set(paths.map(dirname)), new Set([mount.mountPath]))
  assert.deepEqual(new Set(['config.toml', ...paths.map((path) => basename(path))]), new Set(files))
  assert.doesNotMatch(toml, /_credential = /)
})
