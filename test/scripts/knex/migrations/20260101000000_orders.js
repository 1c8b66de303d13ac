exports.up = (knex) => knex.schema.createTable('orders', (table) => table.text('note'));
exports.down = (knex) => knex.schema.dropTable('orders');
