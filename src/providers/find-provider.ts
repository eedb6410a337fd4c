import type { ProviderName } from '../config/configuration.ts'
import type { Provider } from './provider.ts'

/** The provider of that name; its library is loaded at the first call. */
export async function findProvider(name: ProviderName): Promise<Provider> {
  switch (name) {
    case 'office365':
      return (await import('./microsoft/microsoft-provider.ts')).microsoftProvider
    case 'gmail':
      return (await import('./google/google-provider.ts')).googleProvider
    case 'oidc':
      return (await import('./oidc/oidc-provider.ts')).oidcProvider
  }
}
