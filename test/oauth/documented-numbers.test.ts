/** The numbers that Microsoft documents: which of them a mail account can meet, and that each of those has a row. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explanations } from '../../src/oauth/explanations.ts'

/** Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
const documented = numbersIn(`
  16000 16001 16002 160021 16003 17003 20001 20012 20033 230109 28002 28003 40008 40009 40010
  40015 50000 50001 50002 500011 500021 500022 50003 50005 50006 50007 50008 5000819 50010 50011
  50012 50013 500133 50014 50015 50017 50020 500208 500212 500213 50027 50029 50032 50033 50034
  50042 50043 50048 50049 50050 50053 50055 50056 50057 50058 50059 50061 50064 50068 50070
  50071 50072 50074 50076 50078 50079 50085 50086 50087 50088 50089 50097 50099 50105 50107
  50120 50124 501241 50125 50126 50127 50128 50129 50131 50132 50133 50134 50135 50136 50139
  50140 50143 50144 50146 501461 50147 501481 501491 50155 50158 50161 50166 50168 50169 50170
  50173 50177 50178 50180 50187 50192 50194 50196 50197 50199 51000 51001 1000104 51004 51005
  51006 52004 53000 53001 53002 53003 530035 53004 53010 53011 530034 54000 54005 65001 65002
  65004 65005 650052 650054 650056 650057 67003 70000 70001 700011 70002 700025 700027 70003
  700030 70004 70005 700054 70007 70008 700082 700084 70011 70012 70016 70018 70019 70043 75001
  75003 75005 7500514 750054 75008 75011 75016 76021 76026 80001 80002 80005 80007 80010 80012
  80013 80014 81004 81005 81006 81007 81009 81010 81011 81012 90002 90004 90005 90006 90007
  90008 90009 90010 9001023 90012 90013 90014 900144 90015 90016 90019 90020 90022 90023 900236
  9002313 9002332 90024 90027 90033 90036 90038 900384 90043 900432 90051 90055 90056 900561
  90072 90081 90082 90084 90085 90086 90087 90090 90091 90092 90093 90094 900382 90095 90099
  900971 90100 901002 90101 90102 90107 90114 90117 90119 90120 90121 90123 90124 90125 90126
  90130 120000 120002 120003 120004 120005 120008 120011 120012 120013 120014 120015 120016
  120018 120020 120021 130004 130005 130006 130007 130008 135010 135011 140000 140001 165004
  165900 220450 220501 221000 240001 240002 501621 530032 700016 700020 700022 700023 7000215
  7000218 7000222 700229 700005 1000000 1000002 100007 1000031 7000112 7000114 7500529
`)

/** What no answer to a mail program's account says, and why. */
const elsewhere: Record<string, string> = {
  'of SAML and WS-Federation':
    '75001 75003 75005 7500514 750054 75008 75011 75016 76021 76026 7500529 90020 900236 90085 90087 90107 50007',
  'of signing out': '50061 50068 50070 50071',
  'of response types and parameters that are never sent':
    '70005 700054 70007 90005 901002 90114 51001 90027 90010',
  'of devices and brokers of Windows and Android':
    '50099 140000 140001 165004 220450 221000 240001 240002 100007 67003',
  'of other services, and of tokens on behalf of others': '51000 52004 7000114 51005',
  'no refusal: the device sign-in goes on': '70016',
}
const never = new Set(Object.values(elsewhere).flatMap(numbersIn))
const explained = new Set(explanations.flatMap(({ aadsts }) => aadsts ?? []))

function numbersIn(text: string): number[] {
  return text.trim().split(/\s+/).map(Number)
}

test('every documented number that a mail account can meet is explained', () => {
  const missing = documented.filter((number) => !never.has(number) && !explained.has(number))
  assert.deepEqual(missing, [])
})

test('what is left out is documented, and not explained all the same', () => {
  const known = new Set(documented)
  assert.deepEqual(
    [...never].filter((number) => !known.has(number) || explained.has(number)),
    [],
  )
})

test('no number is explained twice', () => {
  const numbers = explanations.flatMap(({ aadsts }) => aadsts ?? [])
  assert.equal(new Set(numbers).size, numbers.length)
})

/** Numbers that Microsoft's list leaves out: who can act, and where it is said. */
const outsideTheList: [aadsts: number, actor: string, source: string][] = [
  [530004, 'administrator', "Microsoft's troubleshooting: error-code-aadsts530004"],
  [530031, 'administrator', 'its own words: access policy does not allow token issuance'],
  [
    530033,
    'you',
    'its own words: remote device flow blocked due to device-based conditional access',
  ],
  [500200, 'operator', 'its own words: personal Microsoft accounts are not supported for this'],
  [500207, 'operator', "its own words: the account type can't be used for the resource"],
  [530036, 'you', 'Entra: concept-authentication-flows, invalid due to authentication flow checks'],
  [54008, 'administrator', 'Microsoft Tech Community, thread 3422036'],
  [500117, 'operator', "its own words: the reply uri specified isn't using a secure scheme"],
  [530084, 'administrator', 'Entra: concept-token-protection'],
  [650051, 'you', 'its own words: the service principal name is already present for the tenant'],
  [650058, 'administrator', 'the words of 650052 without the name of the service'],
  [900021, 'operator', 'its own words: tenant identifiers may not be an empty GUID'],
  [900439, 'operator', 'Azure Government: USGClientNotSupportedOnPublicEndpoint'],
  [1002012, 'operator', 'its own words: must have a scope value with /.default suffixed'],
  [1002016, 'operator', 'its own words: you are using TLS version 1.0, 1.1'],
  [7002131, 'administrator', 'its own words: no matching federated identity record'],
]

for (const [aadsts, actor, source] of outsideTheList) {
  test(`AADSTS${aadsts} is for ${actor}: ${source}`, () => {
    assert.ok(!documented.includes(aadsts))
    assert.equal(explanations.find((row) => row.aadsts === aadsts)?.actor, actor)
  })
}
