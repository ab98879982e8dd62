import { useMemo } from 'preact/hooks';
import type { Profile } from '../model/answers';
import type { Measure } from '../model/cores';
import type { Price } from '../model/money';
import { isInverted } from '../model/operators';
import type { Search } from '../model/search';
import { matchingRows, parseSort, PROFILE_COLUMNS, profileRows, type ProfileColumn } from '../model/table';
import { placeOf } from '../model/tree';
import type { View } from '../model/url_state';
import { DataTable, type Column } from './data_table';
import { functionActions } from './frame_actions';
import { FunctionCell } from './function_cell';
import { valueColumns } from './value_columns';

export interface TopTableProps {
  readonly shown: View;
  readonly profile: Profile;
  readonly measure: Measure;
  readonly price: Price | null;
  readonly found: Search | null;
  readonly onSelect: (at: number) => void;
}

/** Functions by self and total: the same facts as the flame graph, for reading and for screen readers. */
export function TopTable(props: TopTableProps) {
  const { profile, measure, price, found } = props;
  const order = parseSort(props.shown.sort, PROFILE_COLUMNS, { column: 'total', descending: true });
  const all = useMemo(() => profileRows(profile, order), [profile, order.column, order.descending]);
  const rows = useMemo(() => matchingRows(all, profile.table.function, found), [all, found]);
  const columns = useMemo(
    () => columnsOf(props),
    [profile, measure, price],
  );
  return (
    <DataTable
      id="top"
      caption="Functions with their self and total values"
      columns={columns}
      rows={rows}
      functionOf={(row) => profile.table.function[row] ?? -1}
      order={order}
      onSelect={props.onSelect}
      leftOut={profile.table.leftOut}
      actionsOf={(row) => {
        const at = profile.table.function[row] ?? -1;
        return { title: profile.functions.name[at] ?? '', actions: functionActions({ ...profile, shown: props.shown, at }) };
      }}
      empty={found === null ? 'No functions in this selection.' : 'No function matches the search.'}
    />
  );
}

function columnsOf(props: TopTableProps): readonly Column<ProfileColumn>[] {
  const { profile, measure, price, onSelect } = props;
  const { table, functions } = profile;
  const at = (row: number): number => table.function[row] ?? -1;
  return [
    {
      name: 'function',
      title: 'Function',
      numeric: false,
      cell: (row) => <FunctionCell functions={functions} at={at(row)} onSelect={onSelect} />,
    },
    {
      name: 'place',
      title: 'File',
      numeric: false,
      cell: (row) => <Place text={placeOf(functions, at(row))} />,
    },
    ...valueColumns(profile, table, measure, price, isInverted(props.shown.operators)),
  ];
}

/** A path's end says more than its beginning: it is cut on the left by the style sheet. */
export function Place(props: { readonly text: string }) {
  return (
    <span class="place" title={props.text}>
      <bdi>{props.text}</bdi>
    </span>
  );
}
