export default async function handle() {
  // As empty as those that it is compared with.
}
