import type { ProviderName } from '../../configuration/configuration.ts'
import type { Provider } from './provider.ts'

const importers: Record<ProviderName, () => Promise<Provider>> = {
  office365: async () => (await import('./microsoft/microsoft-provider.ts')).microsoftProvider,
  gmail: async () => (await import('./google/google-provider.ts')).googleProvider,
  oidc: async () => (await import('./oidc/oidc-provider.ts')).oidcProvider,
}

/** The provider of that name; its library is loaded at the first call. */
export async function findProvider(name: ProviderName): Promise<Provider> {
  return importers[name]()
}
