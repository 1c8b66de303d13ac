import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { memoryGroups, treeOf } from '../../../src/process/memory.ts';
import type { ProcessEntry } from '../../../src/process/proc.ts';

function entry(pid: number, parent: number, session: number): ProcessEntry {
  return { pid, parent, session, group: session, state: 'S' };
}

suite('memory', () => {
  test('the tree of a program is its session and all that descends from it', () => {
    const processes = [
      entry(30, 20, 30), // a grandchild that began a session of its own, before its parent
      entry(20, 10, 10),
      entry(10, 1, 10),
      entry(40, 1, 10), // adopted by another, still in the session
      entry(50, 40, 50),
      entry(11, 1, 11),
      entry(60, 11, 11),
    ];
    assert.deepEqual(
      treeOf(processes, 10).toSorted((a, b) => a - b),
      [10, 20, 30, 40, 50],
    );
  });

  const folders = (lines: string): string[] => memoryGroups(lines).map(({ folder }) => folder);

  test('version 2 of cgroups is looked for where it says, then where containers see it', () => {
    assert.deepEqual(folders('0::/\n'), ['/sys/fs/cgroup']);
    assert.deepEqual(folders('0::/kubepods/pod1/abc\n'), [
      '/sys/fs/cgroup/kubepods/pod1/abc',
      '/sys/fs/cgroup',
    ]);
  });

  test('version 1 has a folder for memory, alone or with others', () => {
    for (const controllers of ['memory', 'cpu,memory', 'memory,cpuset']) {
      assert.equal(
        folders(`12:pids:/x\n4:${controllers}:/docker/abc\n0::/\n`)[0],
        '/sys/fs/cgroup/memory/docker/abc',
      );
    }
    assert.deepEqual(folders('4:hugememory:/x\n'), []);
  });

  test('without cgroups there is nowhere to look', () => {
    assert.deepEqual(folders(''), []);
  });
});
