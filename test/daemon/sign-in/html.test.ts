import assert from 'node:assert/strict'
import { test } from 'node:test'
import { html } from '../../../src/daemon/sign-in/html.ts'

test('inserted text is escaped for text and for quoted attributes', () => {
  const hostile = `<script>alert("1" & '2')</script>`
  const escaped = '&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;'
  assert.equal(
    html`<a title="${hostile}">${hostile}</a>`.toString(),
    `<a title="${escaped}">${escaped}</a>`,
  )
})

test('inserted HTML stays as it is, alone and in lists', () => {
  const words = ['a', '<b>'].map((text) => html`<i>${text}</i>`)
  assert.equal(
    html`<p>${words}${html`<b>c</b>`}</p>`.toString(),
    '<p><i>a</i><i>&lt;b&gt;</i><b>c</b></p>',
  )
})

test('what looks like a placeholder or an escape in inserted text is text', () => {
  assert.equal(html`<p>${'${x} \\n $& &amp;'}</p>`.toString(), '<p>${x} \\n $&amp; &amp;amp;</p>')
})
