import { expect, test } from '@jest/globals';
import { accounts } from './accounts.mjs';

const trace = (...marks) => marks.map((mark) => `  x-1 [000] ..... 1.0: tracing_mark_write: km ${mark}\n`).join('');

test('a work that was queued and neither ran nor was cancelled is missing in the accounts', () => {
  const books = accounts(trace('main > queue_work wa', 'main < queue_work wa = 1', 'main < queue_work wa = 0'));
  expect(books.get('wa')).toMatchObject({ refused: 0, queued: 1, cancelled: 0, ran: 0 });
});

test('a timer that is only set anew queues nothing, and a cancel that came too late takes nothing back', () => {
  const books = accounts(
    trace(
      'main < queue_delayed_work da = 1',
      't0 < mod_delayed_work da = 1',
      'da > fn works',
      'main > cancel_delayed_work_sync da',
      'main < cancel_delayed_work_sync da = 0',
      't0 < mod_delayed_work da = 0',
      'main > cancel_delayed_work_sync da',
      'main < cancel_delayed_work_sync da = 1',
    ),
  );
  expect(books.get('da')).toMatchObject({ refused: 0, queued: 2, cancelled: 1, ran: 1 });
});

test('a timer that is set while somebody cancels the work may have been refused', () => {
  const books = accounts(
    trace(
      'main > cancel_delayed_work_sync da',
      't0 < mod_delayed_work da = 0',
      'main < cancel_delayed_work_sync da = 0',
    ),
  );
  expect(books.get('da')).toMatchObject({ queued: 1, refused: 1, cancelled: 0, ran: 0 });
});
