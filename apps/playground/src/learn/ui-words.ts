import { locale } from '../i18n/index.ts';
import { words } from './choices.ts';
import type { Words } from './lesson.ts';

const WORDS = {
  title: words('Learn', '学习'),
  intro: words(
    'Twelve small machines. Each comes with a page of text and with questions that the machine itself answers, whatever you have done to it.',
    '十二台小机器。每台配一页文字和几个问题；不管你怎么改动机器，答案都由机器自己给出。',
  ),
  source: words(
    'Everything here is what Linux 6.12 does. Where other texts simplify, the lessons say so.',
    '这里的一切都按 Linux 6.12 的实际行为。其他文章有所简化的地方，课文会指出来。',
  ),
  begin: words('Begin', '开始'),
  goOn: words('Continue: {title}', '继续：{title}'),
  lesson: words('Lesson {n} of {all}', '第 {n} 课，共 {all} 课'),
  all: words('All lessons', '全部课程'),
  done: words('done', '已完成'),
  answered: words('{n} of {all} answered', '已答 {n} / {all}'),
  machine: words('The machine', '机器'),
  scenario: words('Scenario', '场景'),
  run: words('Run', '运行'),
  running: words('Running …', '正在运行……'),
  reset: words('Start again', '恢复原样'),
  changed: words('Changed: run to see it', '已修改：运行后可见'),
  openIn: words('Open in the playground', '在 playground 中打开'),
  questions: words('Questions', '问题'),
  check: words('Check', '检查'),
  checkMachine: words('Run and check', '运行并检查'),
  answer: words('Your answer', '你的答案'),
  right: words('Right', '正确'),
  wrong: words('Not yet', '还不对'),
  byMachine: words('Change the machine, then check.', '先改动机器，再检查。'),
  next: words('Next: {title}', '下一课：{title}'),
  previous: words('Before: {title}', '上一课：{title}'),
  nowhere: words('There is no such lesson.', '没有这一课。'),
  line: words('line {line}', '第 {line} 行'),
} satisfies Record<string, Words>;

/** A text of the pages of the lessons, in the language of the site. */
export function w(key: keyof typeof WORDS, values: Readonly<Record<string, string | number>> = {}): string {
  return say(WORDS[key]).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Words in the language of the site. */
export function say(text: Words): string {
  return text[locale.value];
}
