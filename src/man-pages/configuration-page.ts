import { describedSections } from '../config/describe.ts'
import { version } from '../version.ts'
import { type Block, example, item, renderPage, text } from './roff.ts'

/** The source of cms-oauth.toml(5). */
export function configurationPage(): string {
  return renderPage({
    name: 'cms-oauth.toml',
    section: 5,
    version,
    purpose: 'configuration of cms-oauthd',
    sections: [
      {
        title: 'DESCRIPTION',
        blocks: [
          text(
            'A TOML file: the one that --config names, else the first of $CMS_OAUTH_CONFIG, $XDG_CONFIG_HOME/cms-oauth/config.toml and /etc/cms-oauth/config.toml. It must be owned by root or the daemon, not writable by others, and not readable by others where it holds a client_secret. An unknown key is an error.',
          ),
          text(
            'Durations are numbers with ms, s, m, h or d. "~" is the home of the daemon\'s user. "cms-oauthd --check" says whether the file is good; "cms-oauth reload" applies it.',
          ),
        ],
      },
      ...describedSections().map(({ header, keys }) => ({
        title: header,
        blocks: keys.map(({ name, text: meaning }) => item(name, meaning)),
      })),
      { title: 'EXAMPLE', blocks: [office365AndExim()] },
    ],
    seeAlso: ['cms-oauth(1)', 'cms-oauthd(8)'],
  })
}

function office365AndExim(): Block {
  return example(
    '[[account]]',
    'user = "user@domain.com"',
    'provider = "office365"',
    'client_id = "00000000-0000-0000-0000-000000000000"',
    '',
    '# exim does the base64 itself, and runs as Debian-exim.',
    '[[socket]]',
    'path = "/run/cms-oauth/exim.sock"',
    'mode = "0660"',
    'group = "Debian-exim"',
    'reply = "xoauth2"',
  )
}
