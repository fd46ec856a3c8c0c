/** Which of several optimizers the page shows: the one that its address names, as in `report.html?member=discriminator`. */
import type { MembersData, ReportData } from '../data.ts';
import { byId, make } from './dom.ts';

const FIELD = 'member';

/** What is to be shown, the first where the address names none; links lead to the others. */
export function chosenMember({ members }: MembersData): ReportData {
  const named = new URL(location.href).searchParams.get(FIELD);
  const chosen = members.find(({ name }) => name === named) ?? members[0]!;
  const nav = byId('members');
  nav.hidden = false;
  nav.append(
    ...members.map(({ name }) =>
      make('a', { href: addressOf(name), ...(name === chosen.name && { 'aria-current': 'page' }) }, name),
    ),
  );
  return chosen.data;
}

function addressOf(name: string): string {
  const address = new URL(location.href);
  address.searchParams.set(FIELD, name);
  address.hash = '';
  return address.href;
}
