import type { MailPort } from './cloud/context.ts';

/** SMTP when it is configured; else letters are printed, so that a developer can follow their links. */
export function createMail(smtp: { readonly url: string; readonly from: string } | undefined): MailPort {
  if (smtp === undefined) {
    return {
      async send({ to, subject, text }) {
        process.stderr.write(`--- letter to ${to}: ${subject}\n${text}---\n`);
      },
    };
  }
  return {
    async send({ to, subject, text }) {
      const { createTransport } = await import('nodemailer');
      const transport = createTransport(smtp.url);
      try {
        await transport.sendMail({ from: smtp.from, to, subject, text });
      } finally {
        transport.close();
      }
    },
  };
}
