/** Light or dark: as the system has it, until the reader says otherwise. */
import type { Theme } from './colours.ts';
import { byId } from './dom.ts';
import type { Store } from './store.ts';

const KEY = 'paramwise-theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const systemTheme = (): Theme => (system.matches ? 'dark' : 'light');

export function initialTheme(): Theme {
  const kept = storage()?.getItem(KEY);
  return kept === 'light' || kept === 'dark' ? kept : systemTheme();
}

export function startTheme(store: Store): void {
  const button = byId('theme');
  store.watch(['theme'], ({ theme }) => {
    document.documentElement.dataset.theme = theme;
    button.textContent = theme === 'dark' ? 'Light theme' : 'Dark theme';
  });
  button.addEventListener('click', () => {
    const theme = store.get().theme === 'dark' ? 'light' : 'dark';
    storage()?.setItem(KEY, theme);
    store.set({ theme });
  });
  system.addEventListener('change', () => {
    if (storage()?.getItem(KEY) == null) store.set({ theme: systemTheme() });
  });
}

/** Pages from disk may be refused any storage. */
function storage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}
