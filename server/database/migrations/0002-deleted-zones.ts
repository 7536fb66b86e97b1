/** Clean-up asks for deleted zones one after the other: without this it looks at every living one each time. */
export const deletedZones = {
  version: 2,
  name: 'deleted zones',
  sql: `
CREATE INDEX zones_deleted ON zones (zone_id) WHERE deleted_at IS NOT NULL;
`,
} as const;
