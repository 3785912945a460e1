/** Members by group, both in the order in which they come up. (`Map.groupBy` is not in Node 20.) */
export function groupBy<T>(members: readonly T[], groupOf: (member: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const member of members) {
    const name = groupOf(member);
    const group = groups.get(name);
    if (group) group.push(member);
    else groups.set(name, [member]);
  }
  return groups;
}
