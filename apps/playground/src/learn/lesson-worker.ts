import type { LessonAsk } from './protocol.ts';
import { LessonServer } from './server.ts';

const server = new LessonServer();
onmessage = ({ data }: MessageEvent<LessonAsk>) => postMessage(server.take(data));
