/** What an inspection finds, and how it is shown. */
import { table } from './layout.ts';
import type { Painter, Terminal } from './term.ts';

/** `doubt`: right by the documents, and likely to fail somewhere. */
export type Verdict = 'ok' | 'wrong' | 'doubt' | 'note';

export interface Finding {
  readonly field: string;
  readonly verdict: Verdict;
  readonly text: string;
}

export interface Section {
  readonly title: string;
  readonly findings: readonly Finding[];
}

export interface Report {
  readonly kind: 'subscription' | 'token' | 'request';
  readonly sections: readonly Section[];
}

export function ok(field: string, text: string): Finding {
  return { field, verdict: 'ok', text };
}

export function wrong(field: string, text: string): Finding {
  return { field, verdict: 'wrong', text };
}

export function doubt(field: string, text: string): Finding {
  return { field, verdict: 'doubt', text };
}

export function note(field: string, text: string): Finding {
  return { field, verdict: 'note', text };
}

export function tally({ sections }: Report): { wrong: number; doubt: number } {
  const all = sections.flatMap(({ findings }) => findings);
  const number = (verdict: Verdict): number =>
    all.filter((finding) => finding.verdict === verdict).length;
  return { wrong: number('wrong'), doubt: number('doubt') };
}

const SIGNS: Readonly<Record<Verdict, string>> = {
  ok: 'ok',
  wrong: 'WRONG',
  doubt: 'doubt',
  note: '',
};

/** Each with its fields in one column. */
export function printReport(report: Report, { paint, print, columns }: Terminal): void {
  const colours: Readonly<Record<Verdict, Painter>> = {
    ok: paint.green,
    wrong: paint.red,
    doubt: paint.yellow,
    note: paint.dim,
  };
  for (const { title, findings } of report.sections) {
    print(paint.bold(title));
    const rows = findings.map(({ field, verdict, text }) => [
      field,
      colours[verdict](SIGNS[verdict].padEnd(5)),
      text,
    ]);
    for (const line of table(rows, { columns, indent: 2, widest: 20 })) print(line);
    print();
  }
}
