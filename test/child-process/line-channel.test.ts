import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { LineChannel } from '../../src/child-process/line-channel.ts'

function channel(onMessage: (message: number) => void = () => {}) {
  const written: string[] = []
  const malformed: string[] = []
  const socket = new Duplex({
    read() {},
    write(chunk: Buffer, _, done) {
      written.push(chunk.toString())
      done()
    },
  })
  const made = new LineChannel<number, number>(socket as Socket, {
    shape: () => undefined,
    onMessage,
    onMalformed: (reason) => malformed.push(reason),
    onClose: () => {},
  })
  return { channel: made, written, malformed, socket }
}

test('what has a moment is said together with what comes next, before it', () => {
  const { channel: made, written } = channel()
  made.sendSoon(1)
  made.sendSoon(2)
  made.send(3)
  made.send(4)
  assert.deepEqual(written, ['1\n2\n3\n', '4\n'])
})

test('what has a moment goes alone where nothing follows, once', async () => {
  const { channel: made, written } = channel()
  made.sendSoon(1)
  assert.deepEqual(written, [])
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  assert.deepEqual(written, ['1\n'])
})

test('what has a moment is not lost where nothing more is said', () => {
  const { channel: made, written } = channel()
  made.sendSoon(1)
  made.close()
  assert.deepEqual(written, ['1\n'])
})

test('a channel that is destroyed hears nothing more, also of what has come with the last message', async () => {
  const heard: number[] = []
  const { socket, malformed } = channel((message) => {
    heard.push(message)
    if (message === 2) socket.destroy()
  })
  socket.push('1\n2\n3\n4\n')
  await new Promise((resolve) => socket.once('close', resolve))
  assert.deepEqual([heard, malformed], [[1, 2], []])
})
