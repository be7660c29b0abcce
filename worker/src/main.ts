import { serve } from './serve/loop.ts';
import { handlers, inputKind } from './stages.ts';

serve(process, handlers, inputKind);
