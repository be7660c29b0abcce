import { type FileMetaData, parquetSchema, type SchemaElement } from 'hyparquet';
import type { ColumnKind, TableColumn } from '../tabular/columns.ts';

/** A top-level column that is not nested, with what a decoder must know of its type. */
export interface ParquetColumn extends TableColumn {
  /** Path of the file, for messages. */
  path: string;
  physical: NonNullable<SchemaElement['type']>;
  /** Bytes of a fixed-length value. */
  typeLength: number | undefined;
  optional: boolean;
  unsigned: boolean;
  /** 10^-scale of a decimal, else 1. */
  factor: number;
}

/** The top-level columns of a file; nested ones are listed as `other` and cannot be read. */
export function parquetColumns(path: string, metadata: FileMetaData): ParquetColumn[] {
  return parquetSchema(metadata).children.map(({ element, children }) => {
    const nested =
      children.length > 0 || element.repetition_type === 'REPEATED' || element.type === undefined;
    return {
      name: element.name,
      kind: nested ? 'other' : kindOf(element),
      type: nested ? 'nested' : typeName(element),
      path,
      physical: element.type ?? 'BYTE_ARRAY',
      typeLength: element.type_length,
      optional: element.repetition_type === 'OPTIONAL',
      unsigned: element.converted_type?.startsWith('UINT_') || isUnsigned(element),
      factor: isDecimal(element) ? 10 ** -decimalScale(element) : 1,
    };
  });
}

const isDecimal = ({ converted_type, logical_type }: SchemaElement): boolean =>
  converted_type === 'DECIMAL' || logical_type?.type === 'DECIMAL';

const isUnsigned = ({ logical_type }: SchemaElement): boolean =>
  logical_type?.type === 'INTEGER' && !logical_type.isSigned;

const decimalScale = ({ scale, logical_type }: SchemaElement): number =>
  scale ?? (logical_type?.type === 'DECIMAL' ? logical_type.scale : 0);

function kindOf(element: SchemaElement): ColumnKind {
  const logical = element.logical_type?.type ?? element.converted_type ?? 'none';
  switch (element.type) {
    case 'BOOLEAN':
      return 'boolean';
    case 'FLOAT':
    case 'DOUBLE':
      return 'float';
    case 'INT32':
    case 'INT64':
      if (isDecimal(element)) return 'float';
      return logical === 'none' || logical === 'INTEGER' || /^U?INT_/.test(logical) ? 'integer' : 'other';
    case 'BYTE_ARRAY':
      // Xenium files up to 1.4 lack the annotation, so plain bytes are text too.
      return ['none', 'STRING', 'UTF8', 'ENUM'].includes(logical) ? 'text' : 'other';
    default:
      return 'other';
  }
}

function typeName(element: SchemaElement): string {
  if (kindOf(element) === 'text') return 'text';
  const logical = element.logical_type?.type ?? element.converted_type;
  return `${element.type}${logical ? ` ${logical}` : ''}`.toLowerCase();
}
