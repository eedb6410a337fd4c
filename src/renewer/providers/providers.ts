import type { ProviderName } from '../../configuration/configuration.ts'
import type { Provider } from './provider.ts'

const creators: Record<ProviderName, () => Promise<Provider>> = {
  office365: async () => (await import('./microsoft/microsoft-provider.ts')).microsoftProvider,
  gmail: async () => (await import('./google/google-provider.ts')).googleProvider,
  oidc: async () => new (await import('./oidc/oidc-provider.ts')).OidcProvider(),
}

/** The providers of one renewer, which keeps what they have learned as long as it lives. */
export class Providers {
  readonly #created = new Map<ProviderName, Promise<Provider>>()

  /** The provider of that name; its library is loaded at the first call. */
  find(name: ProviderName): Promise<Provider> {
    const provider = this.#created.get(name) ?? creators[name]()
    this.#created.set(name, provider)
    return provider
  }
}
