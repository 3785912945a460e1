/** Groups members; groups and members keep the order in which they appear. (`Map.groupBy` is not in Node 20.) */
export function groupBy<T>(members: readonly T[], getGroup: (member: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const member of members) {
    const name = getGroup(member);
    const group = groups.get(name);
    if (group) group.push(member);
    else groups.set(name, [member]);
  }
  return groups;
}
